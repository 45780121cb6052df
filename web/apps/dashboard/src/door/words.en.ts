export const en = {
  title: "Sign in",
  link: "Scan the code that Kilat shows when it starts (or: kilat link), or use your account.",
  name: "Name",
  password: "Password",
  enter: "Sign in",
  asked: "Asked …",
  badCode: "This link is not valid any more. Ask for a new one: kilat link.",
  badPassword: "The name or the password is wrong.",
  slow: "Too many attempts. Wait half a minute, then try again.",
  noLink: "No link to Kilat; nothing was asked.",
  refused: "Refused: {why}",
  language: "Bahasa Indonesia",
} as const;
