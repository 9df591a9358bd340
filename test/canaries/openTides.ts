import { createKubeClient } from "../../src/kube/createKubeClient.ts";
import { CliFolder } from "../cli/CliFolder.ts";
import { canaryValues } from "./canaryValues.ts";
import { startEchoingCluster, type EchoingCluster } from "./startEchoingCluster.ts";

/** The platform `tides`, whose secrets are the canaries, and the cluster that it goes to, with an empty namespace for it. */
export interface Tides {
  readonly folder: CliFolder;
  readonly cluster: EchoingCluster;
}

/** The values stand in the environment of the folder's commands. Whoever opens it closes the cluster and removes the folder. */
export async function openTides(platformFile: string): Promise<Tides> {
  const cluster = await startEchoingCluster();
  const folder = new CliFolder();
  folder.write("moorage.yaml", platformFile);
  folder.environment = {
    ...folder.environment,
    ...canaryValues,
    KUBECONFIG: folder.write("kubeconfig", cluster.kubeconfig),
  };
  await createKubeClient(cluster.api.transport()).create({
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: "tides" },
  });
  return { folder, cluster };
}
