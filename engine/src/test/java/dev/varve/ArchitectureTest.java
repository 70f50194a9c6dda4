package dev.varve;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.lang.conditions.ArchConditions.onlyDependOnClassesThat;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.google.errorprone.annotations.RestrictedApi;
import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaType;
import com.tngtech.archunit.core.domain.JavaTypeVariable;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The package table of the design, and what may cross the library's face. */
@AnalyzeClasses(packages = "dev.varve", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    /** Package to the packages it may import; arrows point down only. A package that is not here is not allowed. */
    private static final Map<String, List<String>> MAY_IMPORT = Arrays.stream("""
                    block
                    chunk
                    file
                    store       : chunk file
                    cache       : block chunk file
                    manifest    : block chunk store
                    catalog     : store
                    snapshot    : block manifest catalog
                    volume      : block chunk file store cache manifest catalog snapshot
                    image       : block catalog snapshot
                    maintenance : chunk store manifest catalog
                    instance    : catalog snapshot image volume
                    bundle      : block chunk store manifest catalog snapshot image
                    """.split("\n"))
            .map(row -> row.split(":"))
            .collect(Collectors.toMap(
                    row -> row[0].strip(),
                    row -> row.length == 1 ? List.of() : List.of(row[1].strip().split(" "))));

    /** What users may build on, beside the root package. */
    private static final Set<String> SUPPORTED = Set.of("block", "snapshot", "volume", "image", "instance", "bundle");

    private static final DescribedPredicate<JavaClass> OURS = resideInAPackage("dev.varve..");
    private static final DescribedPredicate<JavaClass> ROOT = resideInAPackage("dev.varve");
    private static final DescribedPredicate<JavaClass> MAPS_FILES =
            resideInAnyPackage("dev.varve.cache..", "dev.varve.volume..");

    @ArchTest
    static final ArchRule packagesImportWhatTheTableAllows =
            classes().that().resideInAPackage("dev.varve..").should(importOnlyWhatTheTableAllows());

    @ArchTest
    static final ArchRule packagesHaveNoCycles =
            slices().matching("dev.varve.(*)..").should().beFreeOfCycles().allowEmptyShould(true);

    @ArchTest
    static final ArchRule onlyStoreKnowsRocksDb = noClasses()
            .that()
            .resideOutsideOfPackage("dev.varve.store..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.rocksdb..");

    @ArchTest
    static final ArchRule onlyCacheAndVolumeMapFiles = noClasses()
            .that(not(MAPS_FILES))
            .should()
            .callMethodWhere(describe(
                    "FileChannel.map",
                    call -> isMap(call.getTarget()) && call.getTargetOwner().isAssignableTo(FileChannel.class)));

    @ArchTest
    static final ArchRule onlyCacheAndVolumeKnowMappings = noClasses()
            .that(not(MAPS_FILES))
            .should()
            .dependOnClassesThat(resideInAPackage("net.openhft..").or(type(MappedByteBuffer.class)));

    @ArchTest
    static final ArchRule supportedSignaturesUseOnlyJdkAndSupportedTypes = classes()
            .that(describe("are supported", ArchitectureTest::isSupported))
            .and(describe("are visible to users", ArchitectureTest::isVisible))
            .should(showOnlyJdkAndSupportedTypes())
            .allowEmptyShould(true);

    private static ArchCondition<JavaClass> importOnlyWhatTheTableAllows() {
        return new ArchCondition<>("import only what the table allows") {
            @Override
            public void check(JavaClass type, ConditionEvents events) {
                if (ROOT.test(type)) {
                    return;
                }
                List<String> allowed = MAY_IMPORT.get(packageOf(type));
                if (allowed == null) {
                    events.add(SimpleConditionEvent.violated(
                            type, type.getName() + " is in a package that the table does not have"));
                    return;
                }
                String[] identifiers = Stream.concat(Stream.of(packageOf(type)), allowed.stream())
                        .map(name -> "dev.varve." + name + "..")
                        .toArray(String[]::new);
                onlyDependOnClassesThat(not(OURS).or(resideInAnyPackage(identifiers)))
                        .check(type, events);
            }
        };
    }

    private static ArchCondition<JavaClass> showOnlyJdkAndSupportedTypes() {
        return new ArchCondition<>("show only types of the JDK and of supported packages") {
            @Override
            public void check(JavaClass type, ConditionEvents events) {
                Stream<JavaType> parents = Stream.concat(type.getSuperclass().stream(), type.getInterfaces().stream());
                report(type, "extends", Stream.concat(parents, bounds(type.getTypeParameters())), events);
                type.getFields().stream()
                        .filter(ArchitectureTest::isVisible)
                        .forEach(field -> report(type, field.getName(), typesOf(field), events));
                type.getCodeUnits().stream()
                        .filter(ArchitectureTest::isVisible)
                        .filter(unit -> !isForTheEngine(unit))
                        .forEach(unit -> report(type, unit.getName(), typesOf(unit), events));
            }
        };
    }

    private static void report(JavaClass type, String where, Stream<JavaType> shown, ConditionEvents events) {
        Set<String> hidden = shown.flatMap(each -> each.getAllInvolvedRawTypes().stream())
                .map(JavaClass::getBaseComponentType)
                .filter(each -> !isOfTheJdk(each) && !isSupported(each))
                .map(JavaClass::getName)
                .collect(Collectors.toCollection(TreeSet::new));
        if (!hidden.isEmpty()) {
            events.add(SimpleConditionEvent.violated(
                    type, type.getName() + ": " + where + " shows " + String.join(", ", hidden)));
        }
    }

    private static Stream<JavaType> typesOf(JavaField field) {
        return Stream.of(field.getType());
    }

    private static Stream<JavaType> typesOf(JavaCodeUnit unit) {
        Stream<JavaType> thrown = unit.getThrowsClause().getTypes().stream().map(JavaType.class::cast);
        return Stream.of(
                        Stream.of(unit.getReturnType()),
                        unit.getParameterTypes().stream(),
                        thrown,
                        bounds(unit.getTypeParameters()))
                .flatMap(each -> each);
    }

    private static Stream<JavaType> bounds(List<? extends JavaTypeVariable<?>> parameters) {
        return parameters.stream().flatMap(each -> each.getBounds().stream());
    }

    private static boolean isMap(AccessTarget target) {
        return target.getName().equals("map");
    }

    private static boolean isOfTheJdk(JavaClass type) {
        return type.isPrimitive() || type.getPackageName().startsWith("java.");
    }

    private static boolean isSupported(JavaClass type) {
        return ROOT.test(type) || (OURS.test(type) && SUPPORTED.contains(packageOf(type)));
    }

    private static boolean isVisible(JavaClass type) {
        return type.getModifiers().contains(JavaModifier.PUBLIC)
                && type.getEnclosingClass().map(ArchitectureTest::isVisible).orElse(true);
    }

    private static boolean isVisible(JavaMember member) {
        Set<JavaModifier> modifiers = member.getModifiers();
        return !modifiers.contains(JavaModifier.SYNTHETIC)
                && (modifiers.contains(JavaModifier.PUBLIC) || modifiers.contains(JavaModifier.PROTECTED));
    }

    /** Public only because Java has no word for "the engine's packages"; Error Prone refuses calls from elsewhere. */
    private static boolean isForTheEngine(JavaMember member) {
        return member.isAnnotatedWith(RestrictedApi.class);
    }

    /** The package below the root: {@code store} for {@code dev.varve.store.rocks.Index}. */
    private static String packageOf(JavaClass type) {
        return type.getPackageName().split("\\.", 4)[2];
    }
}
