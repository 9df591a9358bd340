import { kubernetesVersion } from "../../kube/loadOpenApi.ts";
import type { ApiResponse } from "./ApiRequest.ts";

const [major = "", minor = ""] = kubernetesVersion.split(".");

/** `/version`, and the health checks. Undefined for other paths. */
export function health(path: string): ApiResponse | undefined {
  if (
    path === "/readyz" ||
    path === "/livez" ||
    path === "/healthz" ||
    path === "/readyz/ping" ||
    path === "/livez/ping"
  ) {
    return { status: 200, headers: { "content-type": "text/plain; charset=utf-8" }, body: "ok" };
  }
  if (path !== "/version" && path !== "/version/") return undefined;
  const version = {
    major,
    minor,
    emulationMajor: major,
    emulationMinor: minor,
    minCompatibilityMajor: major,
    minCompatibilityMinor: String(Number(minor) - 1),
    gitVersion: `v${kubernetesVersion}+moorage`,
    gitCommit: "",
    gitTreeState: "clean",
    buildDate: "1970-01-01T00:00:00Z",
    goVersion: "",
    compiler: "",
    platform: `${process.platform}/${process.arch === "x64" ? "amd64" : process.arch}`,
  };
  return {
    status: 200,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(version, null, 2),
  };
}
