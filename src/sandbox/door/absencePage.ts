import type { KubeClient } from "../../kube/KubeClient.ts";
import type { Backend } from "../../routing/index.ts";
import { absenceOf } from "./backends.ts";
import type { DoorContext } from "./DoorContext.ts";
import { pageOf, type Page } from "./pages.ts";

/** What is said while nobody answers for a backend: it starts, it crashed with its last lines, or it broke the connection. */
export async function absencePage(
  backend: Backend,
  failure: Error | undefined,
  context: DoorContext,
): Promise<Page> {
  const absence = absenceOf(backend, context.view);
  const name = backend.service;
  if (absence.state === "crashed") {
    const log = await lastLines(absence.pod.metadata, absence.container, context.client);
    const lines = [`${absence.pod.metadata.name}, container ${absence.container}: ${absence.message}`];
    return pageOf(502, "crashed", `${name} crashed.`, log ? [...lines, "Its last lines:"] : lines, { log });
  }
  if (failure) return pageOf(502, "bad-gateway", `${name} broke the connection.`, [failure.message]);
  const lines = absence.waitsFor.map((what) => `Waits for: ${what}`);
  return pageOf(503, "starting", `${name} is starting.`, lines, { retryAfter: 1 });
}

async function lastLines(
  { name, namespace }: { name?: string; namespace?: string },
  container: string,
  client: KubeClient,
): Promise<string> {
  for (const previous of [false, true])
    try {
      const chunks: Uint8Array[] = [];
      const pod = { namespace: namespace!, name: name! };
      for await (const chunk of client.logs(pod, { container, previous, tailLines: 20 })) chunks.push(chunk);
      const text = Buffer.concat(chunks).toString("utf8").trimEnd();
      if (text !== "") return text;
    } catch {
      // No log of this run: the one before may have one; and a page without a log is better than none.
    }
  return "";
}
