import { Shell } from "../../parts/shell";

export default function Clients() {
  return (
    <Shell at="/clients" title="Clients">
      <p>Nobody waits for an answer.</p>
      <form>
        <label>
          Find <input name="name" />
        </label>
        <button type="button">Search</button>
      </form>
    </Shell>
  );
}
