// What people call a storage.

/** A setting's folder has a made-up id; people know the folder. */
export function placeName(id: string, path: string | undefined): string {
  if (!path || !/^disk-[0-9a-f]{8}$/.test(id)) return id;
  return path.split("/").filter(Boolean).at(-1) ?? id;
}
