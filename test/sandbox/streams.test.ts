import { describe } from "vitest";
import { describeStreams } from "./describeStreams.ts";
import { startTestSandbox } from "./TestSandbox.ts";

describe("the streams of a sandbox's pods", () => {
  describeStreams(async () => {
    const test = await startTestSandbox();
    return { kubeconfig: test.sandbox.kubeconfig, folder: test.folder, close: () => test.close() };
  });
});
