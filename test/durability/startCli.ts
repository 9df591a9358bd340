import { main } from "../../src/cli/main.ts";

// The command line from its source: what is killed is what is written here, not what was last built.
await main();
