/** The cases in which the sandbox still answers otherwise than a real API server: title -> what differs, and why it does. */
export const knownDifferences: Readonly<Record<string, string>> = {};
