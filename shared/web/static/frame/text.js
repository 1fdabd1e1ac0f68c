/**
 * What the frame of every page says, on whichever site. Sentences end with a full stop, labels do not.
 */

/** Returns what the site is called: "Console". */
export const siteName = () => document.documentElement.dataset.site;

export const site = {
  skip: "Skip to content",
  menu: "Menu",
  pages: "Pages",
  title: (page, environment) => `[${environment}] ${page}, HAWK ${siteName().toLowerCase()}`,
  youAnd: (name) => `${name}, menu`,
  signOut: "Sign out",
  signedOut: "You are signed out.",
  theme: "Colours",
  themes: { system: "system", light: "light", dark: "dark" },
  pageAway: "This page could not be read.",
  noPage: "This page does not exist.",
  noPageText: () => `The address names none of the ${siteName().toLowerCase()}'s pages.`,
  ending: (time) => `Your session ends at ${time} SGT.`,
  signInAgain: "Sign in again",
};

export const signIn = {
  title: "Sign in",
  action: "Sign in",
  signingIn: "Signing in…",
  demo: "This is a demonstration. Choose whom you sign in as.",
  nowhere: "This installation has no provider to sign in with. Ask operations.",
  notDone: "Not signed in.",
  refused: {
    SIGN_IN_REFUSED: "The provider did not let you in.",
    SIGN_IN_UNKNOWN: "This sign-in was not begun in this browser, or too long ago.",
    SIGN_IN_USED: "This sign-in was used before.",
    TRY_AGAIN: "The provider or the database does not answer at the moment.",
  },
  otherwise: (code) => `What the provider sent is not accepted (${code}).`,
};
