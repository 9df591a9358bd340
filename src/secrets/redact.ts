import { secretForms, type SecretForm } from "./secretForms.ts";

/** What stands in place of a secret. */
export const redacted = "[redacted]";

/** Stands where a text was cut off. */
const cutMark = "…";

// Forms have at least four characters; the table is by the first three.
const prefixLength = 3;

/**
 * Makes a function that takes all known values out of a text, in every form of `secretForms`. Its time grows with the length of the text
 * alone, not with the number of secrets: a table of beginnings says at which places there can be one.
 */
export function createRedactor(values: Iterable<string>): (text: string) => string {
  const table = new Map<number, SecretForm[]>();
  const forms = new Map<string, SecretForm>();
  for (const value of values) {
    for (const form of secretForms(value)) {
      // The stricter of two rules for one form holds.
      if (forms.get(form.text)?.alone !== false) forms.set(form.text, form);
    }
  }
  for (const form of forms.values()) {
    const prefix = prefixAt(form.text, 0);
    table.set(prefix, [...(table.get(prefix) ?? []), form]);
  }
  if (table.size === 0) return (text) => text;
  for (const candidates of table.values()) candidates.sort((a, b) => b.text.length - a.text.length);

  return (text) => {
    let result = "";
    // Everything before is in the result; `start` and `end` are the stretch to be taken out: overlapping secrets make one.
    let copied = 0;
    let start = -1;
    let end = -1;
    for (let index = 0; index + prefixLength <= text.length; index++) {
      const candidates = table.get(prefixAt(text, index));
      if (candidates === undefined) continue;
      const match = candidates.find(
        (form) => text.startsWith(form.text, index) && (!form.alone || standsAlone(text, index, form)),
      );
      const length = match?.text.length ?? cutLength(text, index, candidates);
      if (length === 0) continue;
      if (index > end || start === -1) {
        if (start !== -1) {
          result += text.slice(copied, start) + redacted;
          copied = end;
        }
        start = index;
      }
      end = Math.max(end, index + length);
    }
    return start === -1 ? text : result + text.slice(copied, start) + redacted + text.slice(end);
  };
}

/** Takes values out of one text. For many texts, keep the function that `createRedactor` gives. */
export const redact = (text: string, values: Iterable<string>): string => createRedactor(values)(text);

const prefixAt = (text: string, index: number): number =>
  (text.charCodeAt(index) * 65_536 + text.charCodeAt(index + 1)) * 65_536 + text.charCodeAt(index + 2);

/** How much of a form that begins here stands before a mark that the text was cut off: 0 unless it is cut within a form. */
function cutLength(text: string, index: number, candidates: readonly SecretForm[]): number {
  for (const form of candidates) {
    const mark = text.indexOf(cutMark, index + prefixLength);
    if (mark === -1 || mark - index >= form.text.length) continue;
    if (form.text.startsWith(text.slice(index, mark))) return mark - index;
  }
  return 0;
}

const isWord = (character: string | undefined): boolean =>
  character !== undefined && /[\p{L}\p{N}]/u.test(character);

const standsAlone = (text: string, index: number, form: SecretForm): boolean =>
  !isWord(text[index - 1]) && !isWord(text[index + form.text.length]);
