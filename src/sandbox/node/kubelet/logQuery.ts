import type { LogOptions } from "../../api/NodeBackend.ts";

/**
 * The parameters of a kubelet's `containerLogs` (v1 PodLogOptions). `problem` is what a kubelet answers: 400 for what can't be read, 422 for
 * what can't be meant.
 */
export function logQuery(
  query: URLSearchParams,
): { options: Omit<LogOptions, "container"> } | { status: 400 | 422; problem: string } {
  const unreadable = { status: 400, problem: `{"message": "Unable to decode query."}` } as const;
  const invalid = { status: 422, problem: `{"message": "Invalid request."}` } as const;
  const numbers = new Map<string, number>();
  for (const name of ["tailLines", "limitBytes", "sinceSeconds"]) {
    const text = query.get(name) ?? "";
    if (text === "") continue;
    if (!/^-?\d{1,15}$/.test(text)) return unreadable;
    numbers.set(name, Number(text));
  }
  const flags = new Map<string, boolean>();
  for (const name of ["follow", "previous", "timestamps"]) {
    const text = query.get(name);
    // As Kubernetes reads booleans of a query: anything but these two is a yes.
    if (text !== null) flags.set(name, text !== "0" && text.toLowerCase() !== "false");
  }
  const sinceTime = query.get("sinceTime") ?? undefined;
  if (sinceTime !== undefined && Number.isNaN(Date.parse(sinceTime))) return unreadable;
  const [tailLines, limitBytes, sinceSeconds] = ["tailLines", "limitBytes", "sinceSeconds"].map((name) =>
    numbers.get(name),
  );
  if ((tailLines ?? 0) < 0 || (limitBytes ?? 1) < 1 || (sinceSeconds ?? 1) < 1) return invalid;
  if (sinceSeconds !== undefined && sinceTime !== undefined) return invalid;
  return {
    options: {
      follow: flags.get("follow") === true,
      previous: flags.get("previous") === true,
      timestamps: flags.get("timestamps") === true,
      ...(tailLines === undefined ? {} : { tailLines }),
      ...(limitBytes === undefined ? {} : { limitBytes }),
      ...(sinceSeconds === undefined ? {} : { sinceSeconds }),
      ...(sinceTime === undefined ? {} : { sinceTime }),
    },
  };
}
