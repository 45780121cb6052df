"use client";
// What the monitors are made of, for screens beside them. The look stands in `styles.css`.

export { Boundary, type BoundaryProps } from "./boundary.js";
export { type Command, CommandLine, type Said, useCommand, why } from "./command.js";
export { Icon, type IconName } from "./icon.js";
export { LinkNote, type LinkNoteProps, LinkPill, type LinkPillProps } from "./link.js";
export { kindOf, NoticeList } from "./notices.js";
export {
  Announce,
  Button,
  type ButtonProps,
  Count,
  type CountProps,
  type Kind,
  Note,
  type NoteProps,
  Pill,
  Progress,
  type ProgressProps,
  Row,
  type RowProps,
  Skeleton,
  Switch,
  type SwitchProps,
} from "./pieces.js";
export { DASH, type Speech, speech, useSpeech } from "./speak.js";
export { Age, type AgeProps, type Moment, useEachSecond, useIsStale } from "./time.js";
export { type Catalogue, say, tame, type Values, WORDS, type Word } from "./words.js";
