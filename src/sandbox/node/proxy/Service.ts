import type { KubeObject } from "../../../contract/index.ts";

export interface Service extends KubeObject {
  spec: {
    type?: string;
    clusterIP?: string;
    clusterIPs?: string[];
    externalName?: string;
    ports?: { name?: string; port: number; targetPort?: number | string; protocol?: string }[];
  };
}
