import { type FieldError, forbidden, invalid, required } from "../schema/FieldError.ts";
import { validateLabels } from "./metadata.ts";
import { labelValue, qualifiedName } from "./names.ts";
import type { LabelSelector } from "./shapes.ts";

export function validateSelector(selector: LabelSelector, path: string, errors: FieldError[]): void {
  validateLabels(selector.matchLabels, `${path}.matchLabels`, errors);
  selector.matchExpressions?.forEach((one, i) => {
    const at = `${path}.matchExpressions[${i}]`;
    const values = one.values ?? [];
    switch (one.operator) {
      case "In":
      case "NotIn":
        if (values.length === 0)
          errors.push(required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
        break;
      case "Exists":
      case "DoesNotExist":
        if (values.length > 0)
          errors.push(
            forbidden(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"),
          );
        break;
      default:
        errors.push(invalid(`${at}.operator`, one.operator ?? "", "not a valid selector operator"));
    }
    for (const problem of qualifiedName(one.key ?? ""))
      errors.push(invalid(`${at}.key`, one.key ?? "", problem));
    values.forEach((value, j) => {
      for (const problem of labelValue(value)) errors.push(invalid(`${at}.values[${j}]`, value, problem));
    });
  });
}
