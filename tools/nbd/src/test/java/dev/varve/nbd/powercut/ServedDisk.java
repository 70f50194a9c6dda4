package dev.varve.nbd.powercut;

import dev.varve.block.BlockDevice;
import dev.varve.nbd.ExportSource;
import dev.varve.nbd.MetaContexts;
import dev.varve.nbd.NbdExport;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;

/** A disk that is served and that a client does not close. */
record ServedDisk(String name, BlockDevice disk) implements ExportSource {
    @Override
    public List<NbdExport> list() {
        return List.of(find(name));
    }

    @Override
    public NbdExport find(String wanted) {
        return new NbdExport(name, "", disk.sizeBytes(), false, MetaContexts.of());
    }

    @Override
    public BlockDevice open(String wanted) {
        return (BlockDevice) Proxy.newProxyInstance(
                BlockDevice.class.getClassLoader(), new Class<?>[] {BlockDevice.class}, (proxy, method, args) -> {
                    try {
                        return method.getName().equals("close") ? null : method.invoke(disk, args);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }
}
