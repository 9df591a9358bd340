import { nodeHttp } from "../../nodeHttp.ts";
import { request as httpsRequest } from "node:https";
import { connect } from "node:net";
import type { Clock } from "../../Clock.ts";
import type { Container, HttpGetAction, LifecycleHandler, Probe } from "../Pod.ts";
import { localPort } from "../ports.ts";
import type { ProbeResult } from "./probeLoop.ts";

export interface ProbeContext {
  readonly container: Container;
  /** Container port -> loopback port. */
  readonly ports: ReadonlyMap<number, number>;
  readonly clock: Clock;
  /** Runs a command as the container's program runs; its output is told. */
  readonly exec: (
    command: readonly string[],
    signal: AbortSignal,
  ) => Promise<{ exitCode: number; output: string }>;
}

const ok: ProbeResult = { ok: true, message: "" };
const failed = (message: string): ProbeResult => ({ ok: false, message });

/** One try of a probe, or of a lifecycle hook. Never rejects. `signal` cuts it short. */
export async function runProbe(
  probe: Probe,
  context: ProbeContext,
  signal: AbortSignal,
): Promise<ProbeResult> {
  const timeout = (probe.timeoutSeconds ?? 1) * 1000;
  const cut = new AbortController();
  const timer = new AbortController();
  const stop = AbortSignal.any([signal, cut.signal]);
  const late = context.clock.sleep(timeout, timer.signal).then(
    () => {
      cut.abort();
      return failed(
        probe.exec === undefined
          ? timeoutText(probe, context)
          : `command timed out: "${(probe.exec.command ?? []).join(" ")}" timed out after ${timeout / 1000}s`,
      );
    },
    () => failed("cancelled"),
  );
  try {
    return await Promise.race([attempt(probe, context, stop), late]);
  } finally {
    timer.abort();
  }
}

function timeoutText(probe: Probe, context: ProbeContext): string {
  if (probe.grpc !== undefined)
    return `timeout: health rpc did not complete within ${probe.timeoutSeconds ?? 1}s`;
  if (probe.httpGet === undefined) return "dial tcp: i/o timeout";
  return `Get "${urlOf(probe.httpGet, context)}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`;
}

/** The handler itself, without a time limit. */
export async function attempt(
  handler: LifecycleHandler & Pick<Probe, "grpc">,
  context: ProbeContext,
  signal: AbortSignal,
): Promise<ProbeResult> {
  try {
    if (handler.httpGet !== undefined) return await httpGet(handler.httpGet, context, signal);
    if (handler.tcpSocket !== undefined) {
      const port = localPort(handler.tcpSocket.port, context.container, context.ports);
      if (port === undefined) return failed(`couldn't find port: ${handler.tcpSocket.port}`);
      return await tcpConnect(port, handler.tcpSocket.host ?? "127.0.0.1", signal);
    }
    if (handler.exec !== undefined) {
      const { exitCode, output } = await context.exec(handler.exec.command ?? [], signal);
      return exitCode === 0 ? ok : failed(output.trim() || `command ended with exit code ${exitCode}`);
    }
    if (handler.sleep !== undefined) {
      await context.clock.sleep(handler.sleep.seconds * 1000, signal);
      return ok;
    }
    if (handler.grpc !== undefined) {
      const { port, service = "" } = handler.grpc;
      // Loaded where somebody wants it: HTTP/2 takes some memory.
      const { grpcHealth } = await import("./grpcHealth.ts");
      return await grpcHealth(context.ports.get(port) ?? port, service, signal);
    }
    return failed("missing probe handler");
  } catch (error) {
    return failed((error as Error).message);
  }
}

function urlOf(get: HttpGetAction, { container, ports }: ProbeContext): string | undefined {
  const port = localPort(get.port, container, ports);
  if (port === undefined) return undefined;
  const path = get.path ?? "/";
  return `${(get.scheme ?? "HTTP").toLowerCase()}://${get.host ?? "127.0.0.1"}:${port}${path.startsWith("/") ? path : `/${path}`}`;
}

function httpGet(get: HttpGetAction, context: ProbeContext, signal: AbortSignal): Promise<ProbeResult> {
  const url = urlOf(get, context);
  if (url === undefined) return Promise.resolve(failed(`couldn't find port: ${get.port}`));
  const headers: Record<string, string> = { "user-agent": "kube-probe/1.35", accept: "*/*" };
  for (const { name, value } of get.httpHeaders ?? []) headers[name.toLowerCase()] = value;
  return new Promise((resolve) => {
    const options = { headers, agent: false, signal, rejectUnauthorized: false };
    const send = get.scheme === "HTTPS" ? httpsRequest : nodeHttp.request;
    const request = send(url, options, (response) => {
      const status = response.statusCode ?? 0;
      response.destroy();
      resolve(status >= 200 && status < 400 ? ok : failed(`HTTP probe failed with statuscode: ${status}`));
    });
    request.once("error", (error) => resolve(failed(`Get "${url}": ${error.message}`)));
    request.end();
  });
}

/** Milliseconds in which a program may end a connection that a probe has ended. */
const farewell = 1_000;

/** Whether something accepts connections. */
export function tcpConnect(port: number, host: string, signal: AbortSignal): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const socket = connect({ port, host, signal });
    socket.once("connect", () => {
      resolve(ok);
      // What the program greets with is read, and the connection ended in order: a reset would be an error to it.
      socket.resume();
      socket.end();
      socket.setTimeout(farewell, () => socket.destroy());
      socket.unref();
    });
    socket.on("error", (error) => resolve(failed(`dial tcp ${host}:${port}: ${error.message}`)));
  });
}
