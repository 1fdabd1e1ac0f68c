/**
 * Light or dark: as the system has it, unless somebody has chosen. Kept in this browser; it is nobody's data.
 */

const KEY = "hawk-theme";
export const THEMES = ["system", "light", "dark"];

function kept() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

/** Returns what is chosen. */
export function theme() {
  const chosen = kept();
  return THEMES.includes(chosen) ? chosen : "system";
}

/** Shows what is chosen. */
export function showTheme(chosen = theme()) {
  if (chosen === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
}

/** Keeps a choice and shows it. */
export function chooseTheme(chosen) {
  try {
    if (chosen === "system") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, chosen);
  } catch {
    // A browser that keeps nothing still shows it until the page is left.
  }
  showTheme(chosen);
}
