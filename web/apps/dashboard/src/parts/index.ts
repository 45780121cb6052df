// Everything that pages are made of.

export { Age, Clock, ReadAge } from "./age.js";
export { Boundary } from "./boundary.js";
export { Button, Press, refusal } from "./button.js";
export { Card } from "./card.js";
export { Count } from "./count.js";
export { Choice, Confirm, Field, Options, Switch } from "./form.js";
export { Icon, type IconName } from "./icon.js";
export { Pill, type Tone } from "./pill.js";
export { Progress } from "./progress.js";
export { Row, Rows } from "./row.js";
export { Sheet } from "./sheet.js";
export { Empty, Failed, Foreign, Refused, Shown, Skeleton } from "./states.js";
export { Waiting } from "./waiting.js";
