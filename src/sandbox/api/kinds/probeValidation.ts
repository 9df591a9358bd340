import { type FieldError, forbidden, invalid, required } from "../schema/FieldError.ts";
import { notNegative, supported, validatePort, validatePortOrName } from "./fieldRules.ts";
import type { Handler, Probe } from "./shapes.ts";

export function validateProbe(probe: Probe, path: string, errors: FieldError[]): void {
  validateHandler(probe, path, errors);
  for (const field of [
    "initialDelaySeconds",
    "timeoutSeconds",
    "periodSeconds",
    "successThreshold",
    "failureThreshold",
  ] as const) {
    notNegative(probe[field], `${path}.${field}`, errors);
  }
  if (probe.terminationGracePeriodSeconds !== undefined && probe.terminationGracePeriodSeconds <= 0) {
    errors.push(
      invalid(
        `${path}.terminationGracePeriodSeconds`,
        probe.terminationGracePeriodSeconds,
        "must be greater than 0",
      ),
    );
  }
}

/** Of a probe or a lifecycle hook. */
export function validateHandler(handler: Handler, path: string, errors: FieldError[]): void {
  let count = 0;
  for (const kind of ["exec", "httpGet", "tcpSocket", "grpc", "sleep"] as const) {
    if (handler[kind] === undefined) continue;
    if (++count > 1) errors.push(forbidden(`${path}.${kind}`, "may not specify more than 1 handler type"));
  }
  if (count === 0) errors.push(required(path, "must specify a handler type"));
  if (handler.exec && (handler.exec.command ?? []).length === 0)
    errors.push(required(`${path}.exec.command`));
  if (handler.httpGet) {
    validatePortOrName(handler.httpGet.port, `${path}.httpGet.port`, errors);
    supported(handler.httpGet.scheme, ["HTTP", "HTTPS"], `${path}.httpGet.scheme`, errors);
  }
  if (handler.tcpSocket) validatePortOrName(handler.tcpSocket.port, `${path}.tcpSocket.port`, errors);
  if (handler.grpc) validatePort(handler.grpc.port ?? 0, `${path}.grpc.port`, errors);
}
