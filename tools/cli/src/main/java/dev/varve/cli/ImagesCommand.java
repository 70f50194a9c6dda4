package dev.varve.cli;

import dev.varve.Engine;
import dev.varve.image.Image;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code varve images} and {@code varve image list}. */
@Command(
        name = "images",
        header = "List images, oldest first.",
        footer = {
            "",
            "Examples:",
            "  varve images",
            "  varve images --json | jq -r '.Images[].ImageId'",
        })
final class ImagesCommand implements Callable<Integer> {
    private final Session session;

    ImagesCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() throws IOException {
        Engine engine = session.open();
        List<Image> images = Lists.all(session.scope(engine).images());
        if (session.json()) {
            session.console().print(Json.object(json -> json.objects("Images", images, Documents::image)));
        } else {
            session.console().print(table(images));
        }
        return Main.DONE;
    }

    static Table table(List<Image> images) {
        Table table = new Table("IMAGE", "NAME", "ARCH", ">SIZE", "STATE", "CREATED");
        for (Image image : images) {
            table.row(
                    image.id(),
                    image.name(),
                    image.architecture().toString(),
                    Sizes.format(image.rootMapping().volumeSizeGib() << 30),
                    image.state().toString(),
                    Times.forPeople(image.creationTime()));
        }
        return table;
    }
}
