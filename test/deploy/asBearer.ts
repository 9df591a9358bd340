import { tmpdir } from "node:os";
import {
  clusterConnection,
  httpTransport,
  loadKubeconfig,
  systemClock,
  type Transport,
} from "../../src/kube/index.ts";

/** A connection of its own to the server of a kubeconfig, as whoever a bearer token stands for. */
export function asBearer(kubeconfig: string, token: string): Transport {
  const env = {};
  const loaded = loadKubeconfig({ path: kubeconfig, env, home: tmpdir() });
  const connection = clusterConnection(loaded, { env, clock: systemClock });
  const credentials = async (): Promise<{ headers: Record<string, string> }> => ({
    headers: { authorization: `Bearer ${token}` },
  });
  return httpTransport({ ...connection, credentials, forgetCredentials: () => false });
}
