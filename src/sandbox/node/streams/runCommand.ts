import type { AttachCall, ExecCall } from "../../api/NodeBackend.ts";
import type { OutputSink } from "../process/startProcess.ts";
import type { CommandChannels } from "./CommandChannels.ts";
import { exitStatus, startFailureStatus } from "./commandStatus.ts";
import type { Session, StreamTarget } from "./StreamTarget.ts";

/** Connects a client with a process until one of them is done. Never rejects. */
export async function runCommand(
  call: ExecCall | AttachCall,
  target: StreamTarget,
  channels: CommandChannels,
): Promise<void> {
  const sink: OutputSink = (stream, chunk) => (call[stream] ? channels.write(stream, chunk) : undefined);
  let session: Session;
  try {
    session = await (call.kind === "exec" ? target.exec(call, sink) : target.attach(call, sink));
  } catch (error) {
    channels.stdin.resume();
    await channels.finish(startFailureStatus((error as Error).message));
    return;
  }
  const hangUp = (): void => session.hangUp();
  channels.gone.addEventListener("abort", hangUp, { once: true });
  if (channels.gone.aborted) hangUp();
  channels.onResize((size) => session.resize(size));
  const { stdin } = session;
  if (stdin === undefined || !call.stdin) channels.stdin.resume();
  else {
    // A process that closes its input lets the client go on: what it still sends is thrown away.
    const stop = (): void => {
      channels.stdin.unpipe(stdin);
      channels.stdin.resume();
    };
    stdin.on("error", stop).once("close", stop);
    channels.stdin.pipe(stdin);
  }
  const exit = await session.ended;
  channels.gone.removeEventListener("abort", hangUp);
  await channels.finish(call.kind === "attach" ? exitStatus({ exitCode: 0 }) : exitStatus(exit));
}
