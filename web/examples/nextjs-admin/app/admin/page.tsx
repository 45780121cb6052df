import { Live } from "../../parts/live";
import { Shell } from "../../parts/shell";

export const metadata = { title: "Live · Studio Admin" };

export default function Admin() {
  return (
    <Shell at="/admin" title="Live">
      <Live />
    </Shell>
  );
}
