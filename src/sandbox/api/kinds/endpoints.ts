import { sameJson } from "../apply/sameJson.ts";
import { type FieldError, invalid, notSupported, required } from "../schema/FieldError.ts";
import { type KindStrategy, strategy } from "./KindStrategy.ts";
import type { ServicePort } from "./serviceShape.ts";

/** v1 Endpoints. */
export const endpoints: KindStrategy = strategy({
  hasStatus: false,
  allowCreateOnUpdate: true,
  defaults(object) {
    for (const subset of (object["subsets"] as { ports?: ServicePort[] }[] | undefined) ?? []) {
      for (const port of subset.ports ?? []) port.protocol ??= "TCP";
    }
  },
});

/** discovery.k8s.io/v1 EndpointSlice. */
export const endpointSlice: KindStrategy = strategy({
  hasStatus: false,
  hasGeneration: true,
  countsAsChange: (next, live) =>
    !sameJson(next["endpoints"], live["endpoints"]) ||
    !sameJson(next["ports"], live["ports"]) ||
    !sameJson(next.metadata.labels, live.metadata.labels),
  defaults(object) {
    for (const endpoint of (object["endpoints"] as { conditions?: object }[] | undefined) ?? [])
      endpoint.conditions ??= {};
    for (const port of (object["ports"] as ServicePort[] | undefined) ?? []) {
      port.name ??= "";
      port.protocol ??= "TCP";
    }
  },
  validate(object, errors) {
    supportedType(object["addressType"], errors);
  },
  validateUpdate(next, live, errors) {
    if (next["addressType"] !== live["addressType"])
      errors.push(invalid("addressType", next["addressType"], "field is immutable"));
  },
});

const addressTypes: readonly unknown[] = ["FQDN", "IPv4", "IPv6"];

function supportedType(type: unknown, errors: FieldError[]): void {
  if (!type) errors.push(required("addressType"));
  else if (!addressTypes.includes(type)) errors.push(notSupported("addressType", type, addressTypes));
}
