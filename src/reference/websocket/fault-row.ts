/** A fault of the echo endpoint: name, requirements (one word each), what happens, silence. */
export type FaultRow = readonly [name: string, breaks: string, summary: string, silent?: true];
