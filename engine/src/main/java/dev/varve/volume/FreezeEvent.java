package dev.varve.volume;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** How long nobody could write, while layers of volumes ended at one moment; for the JDK's flight recorder. */
@Name("dev.varve.Freeze")
@Label("Freeze")
@Category("Varve")
@Description("The append gates of volumes were closed, for snapshots or for a fold")
@StackTrace(false)
final class FreezeEvent extends Event {
    @Label("Volumes")
    int volumes;
}
