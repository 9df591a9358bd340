import type { KubeObject } from "../../../contract/index.ts";
import type { CommandStreams, StreamCall } from "../NodeBackend.ts";
import { StatusError } from "../StatusError.ts";
import { containerOf } from "./containerOf.ts";

/** What the query of `exec`, `attach` or `portforward` asks for (PodExecOptions, PodAttachOptions, PodPortForwardOptions). */
export function streamCall(kind: StreamCall["kind"], pod: KubeObject, query: URLSearchParams): StreamCall {
  if (kind === "portforward") return { kind, ports: portsOf(query) };
  const container = containerOf(pod, query.get("container"));
  const tty = flag(query, "tty");
  const streams: CommandStreams = {
    stdin: flag(query, "stdin"),
    stdout: flag(query, "stdout"),
    // A terminal has one output. The kubelet passes this over, so it is no mistake.
    stderr: flag(query, "stderr") && !tty,
    tty,
  };
  return kind === "exec"
    ? { kind, container, command: query.getAll("command"), ...streams }
    : { kind, container, ...streams };
}

/** Source: k8s.io/apimachinery/pkg/runtime/conversion.go, Convert_Slice_string_To_bool. */
function flag(query: URLSearchParams, name: string): boolean {
  const text = query.get(name);
  return text !== null && text !== "0" && text.toLowerCase() !== "false";
}

function portsOf(query: URLSearchParams): number[] {
  return query.getAll("ports").map((text) => {
    const port = Number(text);
    if (!/^\d{1,10}$/.test(text) || port < 1 || port > 65_535)
      throw new StatusError(400, "BadRequest", `unable to parse ${JSON.stringify(text)} as a port`);
    return port;
  });
}
