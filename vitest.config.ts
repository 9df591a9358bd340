import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts", "examples/**/*.test.ts"],
    // A test that starts the sandbox, kubectl or a browser takes seconds on a busy two-core machine.
    testTimeout: 30_000,
    hookTimeout: 60_000,
    reporters: ["default"],
  },
});
