// The Pages Router, for sites that are still on it: it runs on the React that the site installed, 18.2 or 19.

import "@kilat/react/styles.css";
import "../app/studio.css";
import type { AppProps } from "next/app";

export default function App({ Component, pageProps }: AppProps) {
  return <Component {...pageProps} />;
}
