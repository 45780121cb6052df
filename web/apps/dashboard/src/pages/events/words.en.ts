export const en = {
  title: "Nothing here yet",
} as const;
