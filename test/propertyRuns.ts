import fc from "fast-check";

// Properties are tried on the same cases in every run, so that what fails has to do with what was changed. `PROPERTY_SEED=7 PROPERTY_RUNS=3000 npm test` looks
// for cases that nobody has seen; one that is found stays as a test.
const { PROPERTY_SEED: seed = "20261121", PROPERTY_RUNS: runs } = process.env;
fc.configureGlobal({ seed: Number(seed), ...(runs === undefined ? {} : { numRuns: Number(runs) }) });
