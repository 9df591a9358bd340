import { type FieldError, forbidden, invalid, required } from "../schema/FieldError.ts";
import { canonicalQuantity, isQuantity, nanosOf, quantityProblem } from "../schema/quantity.ts";
import { NOT_NEGATIVE, nameProblems } from "./fieldRules.ts";
import { qualifiedName } from "./names.ts";
import { isExtended, isHuge, isOfContainers, isStandard, isWhole } from "./resourceNames.ts";
import type { Resources } from "./shapes.ts";

const ONE = 1_000_000_000n;
/**
 * Requests and limits; requests above their limits are refused, and what nobody shares is asked for as it is limited. (core/validation,
 * validateResourceRequirements)
 */
export function validateResources(resources: Resources, path: string, errors: FieldError[]): void {
  const { limits = {}, requests = {} } = resources;
  for (const list of ["limits", "requests"] as const) {
    for (const [name, amount] of Object.entries(resources[list] ?? {})) {
      const field = `${path}.${list}[${name}]`;
      if (qualifiedName(name).length > 0) nameProblems(qualifiedName, name, field, errors);
      else if (!name.includes("/")) {
        if (!isStandard(name))
          errors.push(invalid(field, name, "must be a standard resource type or fully qualified"));
        if (!isOfContainers(name))
          errors.push(invalid(field, name, "must be a standard resource for containers"));
      }
      if (!isQuantity(amount)) errors.push(invalid(field, amount, quantityProblem));
      else if (nanosOf(amount)! < 0n) errors.push(invalid(field, amount, NOT_NEGATIVE));
      else if (isWhole(name) && nanosOf(amount)! % ONE !== 0n)
        errors.push(invalid(field, canonicalQuantity(amount), "must be an integer"));
      if (list === "requests") validateRequest(name, amount, limits, path, errors);
    }
  }
  const names = [...Object.keys(limits), ...Object.keys(requests)];
  if (names.some(isHuge) && !names.includes("cpu") && !names.includes("memory"))
    errors.push(forbidden(path, "HugePages require cpu or memory"));
}

function validateRequest(
  name: string,
  request: string,
  limits: Readonly<Record<string, string>>,
  path: string,
  errors: FieldError[],
): void {
  const whole = isExtended(name) || isHuge(name);
  const limit = Object.hasOwn(limits, name) ? limits[name] : undefined;
  if (limit === undefined) {
    if (whole) errors.push(required(`${path}.limits`, "Limit must be set for non overcommitable resources"));
    return;
  }
  const wanted = nanosOf(request);
  const most = nanosOf(limit);
  if (wanted === undefined || most === undefined) return;
  if (whole && wanted !== most)
    errors.push(invalid(`${path}.requests`, request, `must be equal to ${name} limit of ${limit}`));
  else if (wanted > most)
    errors.push(
      invalid(`${path}.requests`, request, `must be less than or equal to ${name} limit of ${limit}`),
    );
}
