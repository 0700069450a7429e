/**
 * What a session that takes the place of another has to be told: what each component on the page has said to Python last, by the
 * component's name, and how often a picture has been chosen. Components have separate copies of their modules, so they meet on
 * globalThis.
 */
export const said = (globalThis.cnnvizSaid ??= { texts: new Map(), choices: null });
