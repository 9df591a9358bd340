import type { KubeObject } from "../../../contract/index.ts";
import type { PodSpec } from "../kinds/shapes.ts";
import { keyOf } from "../store/Store.ts";
import { deniedEarly, isCore, type AdmissionPlugin } from "./AdmissionRequest.ts";
import { addTokenVolume } from "./addTokenVolume.ts";

interface ServiceAccount extends KubeObject {
  imagePullSecrets?: { name?: string }[];
  automountServiceAccountToken?: boolean;
}

/**
 * A pod runs as an account that is there, with its token and its image pull secrets. The account `default` is let pass where it is missing: its
 * controller makes it a moment after the namespace, and a real server waits for it here.
 */
export const serviceAccount: AdmissionPlugin = {
  name: "ServiceAccount",
  mutate(request) {
    const { context, object, operation } = request;
    if (!isCore(request, "pods") || operation !== "CREATE") return;
    const spec = (object.spec ??= {}) as PodSpec;
    spec.serviceAccountName ||= "default";
    spec.serviceAccount = spec.serviceAccountName;
    const { namespace } = object.metadata;
    const found = context.store.get("serviceaccounts", keyOf(namespace, spec.serviceAccountName));
    if (found === undefined) {
      if (spec.serviceAccountName === "default") return;
      const { serviceAccountName: name } = spec;
      throw deniedEarly(
        request,
        `error looking up service account ${namespace}/${name}: serviceaccount "${name}" not found`,
      );
    }
    const account = found.object as ServiceAccount;
    if (spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true)
      addTokenVolume(spec, context.random);
    const { imagePullSecrets = [] } = account;
    if ((spec.imagePullSecrets ?? []).length === 0 && imagePullSecrets.length > 0)
      spec.imagePullSecrets = imagePullSecrets.map(({ name }) => ({ name }));
  },
};
