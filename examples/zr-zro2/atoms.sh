# shellcheck shell=sh
# atoms.xyz: the metal atoms; labelled.xyz: with all that the figures need.
# Sourced by run.sh, in the folder of the results.
case ${DATA:-} in
'') phantom --diameter "${DIAMETER:-60}" --core "${CORE:-metal}" --truth truth -o atoms.xyz ;;
*.xyz) cp "$DATA" atoms.xyz ;;
*) # tilts: reconstruct and trace
    case $DATA in
    *.nrrd) cp "$DATA" tilts.nrrd ;;
    *) vol-import "$DATA" ${ANGLES:+-a "$ANGLES"} ${PIXEL:+-p "$PIXEL"} -o tilts.nrrd ;;
    esac
    resire --accelerate os -n 15 tilts.nrrd | peak-find | kmeans-trace --species Zr -o atoms.xyz
    ;;
esac

# order, density, oxidation of every atom
boo atoms.xyz | voronoi-rho | oxfill -o measured.xyz
# phases: as the file has them, else from order and density
if sed -n 2p measured.xyz | grep -q ':phase:S:'; then
    cp measured.xyz labelled.xyz
else
    phase-label measured.xyz -o labelled.xyz
fi
