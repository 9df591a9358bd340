import * as fc from "fast-check";
import { get, post, remove, watch, type ParityCase, type Step } from "../ParityCase.ts";
import { crds, established, samples } from "../cases/objects.ts";
import { definitions } from "./definitions.ts";
import { namespaces } from "./namespaces.ts";
import { settle, stepsOf, type Late } from "./steps.ts";
import type { Subject } from "./Subject.ts";
import { configMaps } from "./subjects/configMaps.ts";
import { customs, definitionOfSamples } from "./subjects/customs.ts";
import { deployments } from "./subjects/deployments.ts";
import { secrets } from "./subjects/secrets.ts";
import { services } from "./subjects/services.ts";

/** A kind of sequence: what its steps may be, and the whole that some of them make. */
export interface Sequence {
  readonly steps: fc.Arbitrary<Late>;
  readonly whole: (late: readonly Late[]) => ParityCase;
  /** How many are tried in the ordinary run of all tests. */
  readonly runs: number;
}

const definition = `${crds}/samples.{ns}.example.org`;
const define: readonly Step[] = [
  { ...post(crds, definitionOfSamples), view: () => "defined" },
  { ...get(definition), until: established, view: () => "established" },
  { ...get(samples()), until: (status) => status === 200, view: () => "served" },
];
const undefine: readonly Step[] = [{ ...remove(definition), view: () => "asked to go" }];

function sequenceOf(
  title: string,
  subject: Subject,
  { before = [], after = [] }: { before?: readonly Step[]; after?: readonly Step[] } = {},
): Sequence {
  const path = subject.path();
  const first = [
    ...before,
    get(path),
    watch("ADDED zz", path),
    watch("ADDED zz", path, { labelSelector: "k=x" }),
  ];
  // The collector of a real cluster looks for new kinds every half minute only.
  return {
    runs: before.length === 0 ? 45 : 5,
    steps: stepsOf(subject, { collected: before.length === 0 }),
    whole: (late) => ({
      title,
      steps: [...settle(first, late, path), get(path), post(path, subject.last), ...after],
    }),
  };
}

/** Sequences by what they write. */
export const sequences: Readonly<Record<string, Sequence>> = {
  "config maps": sequenceOf("config maps", configMaps),
  secrets: sequenceOf("secrets", secrets),
  deployments: sequenceOf("deployments", deployments),
  services: sequenceOf("services", services),
  "custom objects": sequenceOf("custom objects", customs, { before: define, after: undefine }),
  namespaces,
  definitions,
};
