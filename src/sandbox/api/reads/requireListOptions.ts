import { invalid } from "../StatusError.ts";

/** Refuses combinations of a list's or a watch's options that mean nothing. Source: k8s.io/apimachinery, internalversion/validation. */
export function requireListOptions(query: URLSearchParams, watching: boolean): void {
  const causes: { reason: string; message: string; field: string }[] = [];
  const match = query.get("resourceVersionMatch") ?? "";
  const initial = query.has("sendInitialEvents");
  const forbidden = (detail: string, field = "resourceVersionMatch"): void => {
    causes.push({ reason: "FieldValueForbidden", message: `Forbidden: ${detail}`, field });
  };
  const notSupported = (...supported: string[]): void => {
    causes.push({
      reason: "FieldValueNotSupported",
      message: `Unsupported value: ${JSON.stringify(match)}: supported values: ${supported.map((one) => JSON.stringify(one)).join(", ")}`,
      field: "resourceVersionMatch",
    });
  };
  if (watching) {
    if (initial && match !== "NotOlderThan")
      forbidden("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
    if (match !== "" && !initial)
      forbidden("resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided");
    if (match !== "" && match !== "NotOlderThan") notSupported("NotOlderThan");
  } else if (match !== "") {
    if (!query.get("resourceVersion"))
      forbidden("resourceVersionMatch is forbidden unless resourceVersion is provided");
  }
  if (match !== "" && query.get("continue"))
    forbidden("resourceVersionMatch is forbidden when continue is provided");
  if (!watching) {
    if (match !== "" && match !== "Exact" && match !== "NotOlderThan")
      notSupported("Exact", "NotOlderThan", "");
    if (match === "Exact" && query.get("resourceVersion") === "0")
      forbidden('resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
    if (initial) forbidden("sendInitialEvents is forbidden for list", "sendInitialEvents");
  }
  if (causes.length === 0) return;
  throw invalid({ group: "meta.k8s.io", kind: "ListOptions" }, "", causes);
}
