import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts", "examples/**/*.test.ts"],
    setupFiles: ["test/propertyRuns.ts"],
    // A test that starts the sandbox, kubectl or a browser takes seconds, and many times as long on a machine that is busy otherwise.
    // Limits end what hangs; how long something takes is for bench/.
    testTimeout: 120_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000 } },
    reporters: ["default"],
  },
});
