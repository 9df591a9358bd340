import type { Problem } from "../contract/index.ts";
import type { PlacedComponent } from "../platform/ComponentKind.ts";

/** A finding about a field of a component: `components.curator.ports.http`. */
export const finding = (
  component: PlacedComponent,
  field: string,
  message: string,
  more: { hint?: string; severity?: "error" | "warning" } = {},
): Problem => ({
  path: `components.${component.key}${field === "" ? "" : `.${field}`}`,
  message,
  severity: "error",
  ...more,
});

/** A name that is too long for its object, or no DNS label. `limit` is 63 unless the kind of object allows less. */
export function nameProblems(component: PlacedComponent, what: string, limit = 63): Problem[] {
  const { name } = component;
  if (name.length > limit) {
    return [
      finding(
        component,
        "",
        `its ${what} would be named "${name}", ${name.length} characters; ${limit} are allowed`,
        {
          hint: "shorten the component's key, or the environment's suffix",
        },
      ),
    ];
  }
  if (!/^[a-z]([-a-z0-9]*[a-z0-9])?$/u.test(name)) {
    return [
      finding(component, "", `its ${what} would be named "${name}", which Kubernetes doesn't accept`, {
        hint: "use lower-case letters, digits and dashes, a letter first",
      }),
    ];
  }
  return [];
}
