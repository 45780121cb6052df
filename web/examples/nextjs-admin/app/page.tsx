import { Shell } from "../parts/shell";

const EVENTS = [
  ["Garden wedding", "2026-11-28", "confirmed"],
  ["Company dinner", "2026-12-04", "offer sent"],
  ["Graduation", "2026-12-12", "confirmed"],
];

export default function Events() {
  return (
    <Shell at="/" title="Events">
      <table>
        <thead>
          <tr>
            <th>Event</th>
            <th>Date</th>
            <th>State</th>
          </tr>
        </thead>
        <tbody>
          {EVENTS.map(([name, date, state]) => (
            <tr key={name}>
              <td>{name}</td>
              <td>{date}</td>
              <td>{state}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Shell>
  );
}
