import type { KubeClient } from "../../../kube/KubeClient.ts";
import type { DataOf } from "../containerEnvironment.ts";
import type { Container, Pod } from "../Pod.ts";
import { allContainers } from "../ports.ts";
import { contentOf, objectsOf } from "./dataFiles.ts";

type Reference = { kind: "ConfigMap" | "Secret"; name: string };

/** Objects that a container's environment is made from. */
function environmentObjects(container: Container): Reference[] {
  const of = (
    configMap: { name?: string } | undefined,
    secret: { name?: string } | undefined,
  ): Reference[] => [
    ...(configMap === undefined ? [] : [{ kind: "ConfigMap" as const, name: configMap.name ?? "" }]),
    ...(secret === undefined ? [] : [{ kind: "Secret" as const, name: secret.name ?? "" }]),
  ];
  return [
    ...(container.envFrom ?? []).flatMap(({ configMapRef, secretRef }) => of(configMapRef, secretRef)),
    ...(container.env ?? []).flatMap(({ valueFrom }) =>
      of(valueFrom?.configMapKeyRef, valueFrom?.secretKeyRef),
    ),
  ];
}

/** Asks the server, not a watch: a pod may be bound before the news of its ConfigMap has come. */
export async function environmentData(
  client: KubeClient,
  namespace: string,
  container: Container,
): Promise<DataOf> {
  const found = new Map<string, Record<string, string> | undefined>();
  const references = new Map(
    environmentObjects(container).map((reference) => [`${reference.kind}/${reference.name}`, reference]),
  );
  await Promise.all(
    [...references].map(async ([key, { kind, name }]) => {
      const object = name === "" ? undefined : await client.find({ apiVersion: "v1", kind, name, namespace });
      if (object === undefined) return;
      found.set(
        key,
        Object.fromEntries([...contentOf(object)].map(([entry, bytes]) => [entry, bytes.toString("utf8")])),
      );
    }),
  );
  return (kind, name) => found.get(`${kind}/${name}`);
}

/** Whether a pod's environment or volumes are made from an object. */
export function refersTo(pod: Pod, kind: "ConfigMap" | "Secret", name: string): boolean {
  const all = [
    ...(pod.spec.volumes ?? []).flatMap(objectsOf),
    ...allContainers(pod).flatMap(environmentObjects),
  ];
  return all.some((reference) => reference.kind === kind && reference.name === name);
}
