import Head from "next/head";
import { Live } from "../parts/live";
import { Shell } from "../parts/shell";

export default function AdminOfThePagesRouter() {
  return (
    <Shell at="/admin" title="Live">
      <Head>
        <title>Live · Studio Admin</title>
        <link rel="icon" href="data:," />
      </Head>
      <Live />
    </Shell>
  );
}
