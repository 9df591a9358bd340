import type { KubeClient } from "../../kube/KubeClient.ts";

/** A client that asks before every write whether it may still write. */
export function guardedClient(client: KubeClient, check: () => void): KubeClient {
  return {
    ...client,
    create: async (object, options) => {
      check();
      return client.create(object, options);
    },
    replace: async (object, options) => {
      check();
      return client.replace(object, options);
    },
    patch: async (ref, type, patch, options) => {
      check();
      return client.patch(ref, type, patch, options);
    },
    apply: async (object, options) => {
      check();
      return client.apply(object, options);
    },
    delete: async (ref, options) => {
      check();
      return client.delete(ref, options);
    },
  };
}
