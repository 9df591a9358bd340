import type { AttachCall, CommandStreams, ExecCall, PortForwardCall, StreamCall } from "../NodeBackend.ts";
import { badRequest } from "../StatusError.ts";

/** All of a call but the container, which depends on the pod. */
export type StreamOptions = Omit<ExecCall, "container"> | Omit<AttachCall, "container"> | PortForwardCall;

/** What the query of `exec`, `attach` or `portforward` asks for (PodExecOptions, PodAttachOptions, PodPortForwardOptions). */
export function streamOptions(kind: StreamCall["kind"], query: URLSearchParams): StreamOptions {
  if (kind === "portforward") return { kind, ports: query.getAll("ports").map(portOf) };
  const tty = flag(query, "tty");
  const streams: CommandStreams = {
    stdin: flag(query, "stdin"),
    stdout: flag(query, "stdout"),
    // A terminal has one output. The kubelet passes this over, so it is no mistake.
    stderr: flag(query, "stderr") && !tty,
    tty,
  };
  return kind === "exec" ? { kind, command: query.getAll("command"), ...streams } : { kind, ...streams };
}

/** Source: k8s.io/apimachinery/pkg/runtime/conversion.go, Convert_Slice_string_To_bool. */
function flag(query: URLSearchParams, name: string): boolean {
  const text = query.get(name);
  return text !== null && text !== "0" && text.toLowerCase() !== "false";
}

/** Source: pkg/apis/core/v1/conversion.go by way of strconv.ParseUint. */
function portOf(text: string): number {
  const refuse = (why: string): Error =>
    badRequest(`cannot convert to []int32: strconv.ParseUint: parsing ${JSON.stringify(text)}: ${why}`);
  if (!/^\d+$/.test(text)) throw refuse("invalid syntax");
  if (Number(text) > 65_535) throw refuse("value out of range");
  return Number(text);
}
