import type { Random } from "../../Clock.ts";
import type { PodSpec } from "../kinds/shapes.ts";
import { generatedName } from "../names.ts";

/** Where in-cluster clients look for the token of their account. */
const mountPath = "/var/run/secrets/kubernetes.io/serviceaccount";
const prefix = "kube-api-access-";

/**
 * Gives each container that mounts nothing there the token of the pod's account, the server's certificate authority and the namespace.
 * Source: k8s.io/kubernetes plugin/pkg/admission/serviceaccount, mountServiceAccountToken.
 */
export function addTokenVolume(spec: PodSpec, random: Random): void {
  const present = spec.volumes?.find((volume) => volume.name?.startsWith(prefix))?.name;
  const name = present ?? generatedName(prefix, random);
  let needed = false;
  for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? [])]) {
    if (container.volumeMounts?.some((mount) => mount.mountPath === mountPath) === true) continue;
    container.volumeMounts = [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath }];
    needed = true;
  }
  if (!needed || present !== undefined) return;
  const projected = {
    defaultMode: 0o644,
    sources: [
      // Seven seconds over an hour tell such tokens from those that somebody asked for.
      { serviceAccountToken: { expirationSeconds: 3607, path: "token" } },
      { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
      {
        downwardAPI: {
          items: [{ path: "namespace", fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" } }],
        },
      },
    ],
  };
  spec.volumes = [...(spec.volumes ?? []), { name, projected }];
}
