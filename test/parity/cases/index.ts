import type { ParityCase } from "../ParityCase.ts";
import { admissionCases } from "./admission.ts";
import { applyCases } from "./apply.ts";
import { customKindCases } from "./customKinds.ts";
import { definitionChangeCases } from "./definitionChanges.ts";
import { defaultCases } from "./defaults.ts";
import { deletionCases } from "./deletion.ts";
import { discoveryCases } from "./discovery.ts";
import { errorCases } from "./errors.ts";
import { listKeyCases } from "./listKeys.ts";
import { foundCases } from "./found.ts";
import { listCases } from "./lists.ts";
import { nodePortCases } from "./nodePorts.ts";
import { patchCases } from "./patches.ts";
import { refusalCases } from "./refusals.ts";
import { rightsCases } from "./rights.ts";
import { ruleCases } from "./rules.ts";
import { subresourceCases } from "./subresources.ts";
import { tableCases } from "./tables.ts";
import { validationCases } from "./validation.ts";
import { verbCases } from "./verbs.ts";
import { watchCases } from "./watches.ts";

/** Every case, by theme. */
export const cases: readonly ParityCase[] = [
  ...discoveryCases,
  ...verbCases,
  ...patchCases,
  ...applyCases,
  ...listKeyCases,
  ...defaultCases,
  ...validationCases,
  ...nodePortCases,
  ...subresourceCases,
  ...listCases,
  ...watchCases,
  ...tableCases,
  ...deletionCases,
  ...customKindCases,
  ...definitionChangeCases,
  ...ruleCases,
  ...errorCases,
  ...admissionCases,
  ...foundCases,
  ...refusalCases,
  ...rightsCases,
];
