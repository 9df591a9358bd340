import { enableCompileCache } from "node:module";

// The command line from its source: what is run is what is written here, not what was last built.
enableCompileCache();
const { main } = await import("../../src/cli/main.ts");
await main();
