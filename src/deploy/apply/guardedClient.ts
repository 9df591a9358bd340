import type { KubeClient } from "../../kube/KubeClient.ts";

/** A client that asks before every write whether it may still write. */
export function guardedClient(client: KubeClient, check: () => Promise<void>): KubeClient {
  return {
    ...client,
    create: async (object, options) => {
      await check();
      return client.create(object, options);
    },
    replace: async (object, options) => {
      await check();
      return client.replace(object, options);
    },
    patch: async (ref, type, patch, options) => {
      await check();
      return client.patch(ref, type, patch, options);
    },
    apply: async (object, options) => {
      await check();
      return client.apply(object, options);
    },
    delete: async (ref, options) => {
      await check();
      return client.delete(ref, options);
    },
  };
}
