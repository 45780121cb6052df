// What of Next.js the example's files name, so that their use of @kilat/react is checked where Next is not installed.
// `pnpm run build` checks them with Next's own types.

declare module "next" {
  export interface NextConfig {
    reactStrictMode?: boolean;
    outputFileTracingRoot?: string;
    eslint?: { ignoreDuringBuilds?: boolean };
  }
  export interface Metadata {
    title?: string;
    icons?: { icon: string };
  }
  export interface Viewport {
    width?: string;
    initialScale?: number;
    colorScheme?: string;
  }
}

declare module "next/link" {
  import type { AnchorHTMLAttributes, ReactElement } from "react";
  const Link: (props: AnchorHTMLAttributes<HTMLAnchorElement>) => ReactElement;
  export default Link;
}

declare module "next/head" {
  import type { ReactElement, ReactNode } from "react";
  const Head: (props: { children: ReactNode }) => ReactElement;
  export default Head;
}

declare module "next/app" {
  import type { ComponentType } from "react";
  export interface AppProps {
    Component: ComponentType<Record<string, unknown>>;
    pageProps: Record<string, unknown>;
  }
}

declare module "*.css";
