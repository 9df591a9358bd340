export { startDoor, type Door, type DoorOptions } from "./startDoor.ts";
