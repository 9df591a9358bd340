import { appsPrinters } from "./apps.ts";
import { batchPrinters } from "./batch.ts";
import { corePrinters } from "./core.ts";
import { networkingPrinters } from "./networking.ts";
import { otherPrinters } from "./others.ts";
import { ageColumn, nameColumn, type Printer } from "./Printer.ts";

const printers = new Map(
  Object.entries({
    ...corePrinters,
    ...appsPrinters,
    ...batchPrinters,
    ...networkingPrinters,
    ...otherPrinters,
  }),
);

/** Of a built-in kind; name and age for those without columns of their own. */
export const printerOf = (kind: { group: string; kind: string }): Printer =>
  printers.get(`${kind.group}/${kind.kind}`) ?? [nameColumn, ageColumn];
