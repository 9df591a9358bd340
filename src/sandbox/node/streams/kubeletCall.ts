import type { CommandStreams, StreamCall } from "../../api/NodeBackend.ts";

/** What a kubelet is asked for: which pod, and what of it. */
export interface KubeletCall {
  readonly namespace: string;
  readonly pod: string;
  /** Only in paths that name it. */
  readonly uid?: string;
  readonly call: StreamCall;
}

/**
 * Reads a kubelet's URL: `/exec/NAMESPACE/POD[/UID]/CONTAINER?command=..&input=1&output=1&error=1&tty=1`, `/attach/..`,
 * `/portForward/NAMESPACE/POD[/UID]?port=..`. Undefined when it is another. Source: pkg/kubelet/server/server.go.
 */
export function kubeletCall(url: string): KubeletCall | undefined {
  const { pathname, searchParams } = new URL(url, "https://kubelet");
  let parts: string[];
  try {
    parts = pathname.split("/").slice(1).map(decodeURIComponent);
  } catch {
    return undefined;
  }
  const [kind, namespace = "", pod = "", ...rest] = parts;
  if (namespace === "" || pod === "" || rest.includes("")) return undefined;
  if (kind === "portForward") {
    if (rest.length > 1) return undefined;
    const ports = portsOf(searchParams);
    return { namespace, pod, ...uidOf(rest[0]), call: { kind: "portforward", ports } };
  }
  const container = rest.at(-1);
  if ((kind !== "exec" && kind !== "attach") || container === undefined || rest.length > 2) return undefined;
  const uid = uidOf(rest.length === 2 ? rest[0] : undefined);
  const is = (name: string): boolean => searchParams.get(name) === "1";
  const tty = is("tty");
  const streams: CommandStreams = {
    stdin: is("input"),
    stdout: is("output"),
    stderr: is("error") && !tty,
    tty,
  };
  return {
    namespace,
    pod,
    ...uid,
    call:
      kind === "exec"
        ? { kind, container, command: searchParams.getAll("command"), ...streams }
        : { kind, container, ...streams },
  };
}

const uidOf = (uid: string | undefined): { uid?: string } => (uid === undefined ? {} : { uid });

/** `port=80&port=81` or `port=80,81`. What is no port is left out, and then refused for being missing. */
const portsOf = (query: URLSearchParams): number[] =>
  query
    .getAll("port")
    .flatMap((text) => text.split(","))
    .map(Number)
    .filter((port) => Number.isInteger(port) && port > 0 && port < 65_536);
