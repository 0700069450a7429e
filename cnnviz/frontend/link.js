/** The address bar shows what is on the page, and Back is not filled with every edit. */

import { projectorText } from "./projector.js";

/** Joins non-empty query texts: ("image=cat", "", "at=1,2") → "image=cat&at=1,2". */
export function joinQuery(...parts) {
  return parts.filter(Boolean).join("&");
}

/** Replaces the query of the current history entry; what Streamlit keeps in the entry stays, and what every page says is added. */
export function mirrorLink(query) {
  const all = joinQuery(query, projectorText());
  const search = all ? `?${all}` : "";
  if (location.search === search) return;
  history.replaceState(history.state, "", location.pathname + search + location.hash);
}
